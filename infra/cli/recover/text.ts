import type { Fate } from '../../../functions/core/recovery/evidence.ts';
import type { AnsweredOption, RecoverAnswer } from '../../../functions/membership/answer-recovery.ts';
import { section, tableText, toldLine } from '../table.ts';

/** What an option goes by at the command line. */
export const optionName = (option: AnsweredOption): string =>
  option.how === 'from-survivor' ? option.instanceId : option.key;

const QUORUM: Readonly<Record<RecoverAnswer['quorum'], string>> = {
  has: 'a voter answers: it has its quorum, and there is nothing to recover',
  transient: 'no voter answers, and a quorum may come back',
  permanent: 'its quorum is lost for ever',
  unknown: 'whether its quorum is lost cannot be told',
};

/** Everything that a person needs to choose. */
export function recoverText(answer: RecoverAnswer): string {
  const { cluster, quorum, options, obstacles, fenced, lastSeen, waits } = answer;
  const seen = lastSeen === null ? [] : [`revision ${lastSeen.revision} at ${lastSeen.at}`];
  return [
    `${cluster}: ${QUORUM[quorum]}\n`,
    votersText(answer),
    section('seen last', seen),
    section('it could be brought back from', options.map(optionLine)),
    section('machines that end, whatever is chosen', quorum === 'has' ? [] : fenced),
    section('stands against it', quorum === 'has' ? [] : obstacles),
    section('under way', underWay(answer)),
    section(
      'waits',
      waits.map((wait) => toldLine(cluster, wait)),
    ),
  ].join('');
}

function votersText({ voters }: RecoverAnswer): string {
  const rows = voters.map(({ instanceId, fate }) => [instanceId, FATE[fate]]);
  return rows.length === 0 ? '' : tableText([['voter', 'evidence'], ...rows]);
}

const FATE: Readonly<Record<Fate, string>> = {
  shown: 'shows its database, and no majority behind it',
  unknown: 'unknown: it shows nothing, and is not lost by evidence',
  terminated: 'lost: EC2 says that it is terminated',
  notFound: 'lost: EC2 has not known it for a minute',
  diskLost: 'lost: its boot script reports that its data is gone',
  forced: 'called lost by you',
};

const optionLine = (option: AnsweredOption, index: number): string =>
  `${index + 1}. ${optionName(option)} (${kindOf(option)}): ${option.loss}`;

function kindOf(option: AnsweredOption): string {
  if (option.how === 'from-survivor') return `survivor, revision ${option.revision}`;
  const proof = option.restorable ? 'restored for proof' : 'never restored for proof';
  return `snapshot of ${option.at}, revision ${option.revision}, ${proof}`;
}

function underWay({ recovery }: RecoverAnswer): readonly string[] {
  if (recovery === null) return [];
  const { number, at, by, source } = recovery;
  const from =
    source.how === 'from-survivor' ? `the survivor ${source.instanceId}` : `the snapshot ${source.key}`;
  return [`recovery ${number} from ${from}, begun at ${at} by ${by}`];
}

/** What a person is asked to confirm. */
export const choiceText = (cluster: string, { fenced }: RecoverAnswer, chosen: AnsweredOption): string =>
  `Cluster ${cluster} is founded anew from ${optionName(chosen)} (${kindOf(chosen)}): ${chosen.loss}.\n` +
  `Before that these machines are ended for good: ${fenced.join(', ') || 'none is left'}.`;
