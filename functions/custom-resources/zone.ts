import type { CfnRequest } from '../core/cfn.ts';
import { ownershipName } from '../core/dns/names.ts';
import { OperationError } from '../core/errors.ts';
import { PARAMETER } from '../core/names.ts';
import { isOwned, ownerOf, placeProblems, type Wanted } from '../core/place.ts';
import type { Site } from './site.ts';

/**
 * What is wrong with a name that a template asks for. A name that the cluster owns already, by its
 * `texts`, was judged before. An update may be a rollback, which must not fail because Route 53 does
 * not answer: dns tells then what is wrong.
 *
 * @throws {OperationError} a creation could not be judged.
 */
export async function wantedProblems(
  site: Site,
  request: CfnRequest,
  cluster: string,
  texts: ReadonlyMap<string, string>,
  wanted: Wanted & { readonly isAnswering: boolean },
): Promise<readonly string[]> {
  if (isOwned(texts.get(PARAMETER.dns + wanted.zone), wanted.name)) return [];
  try {
    const zone = await site.zones.describeZone(wanted.zone);
    const list = (name: string) => (zone === 'unknown' ? [] : site.zones.listName(wanted.zone, name));
    const records = wanted.isAnswering ? await list(wanted.name) : [];
    const marks = await list(ownershipName(wanted.name));
    return placeProblems(cluster, wanted, { zone, records, marks }, ownerOf(request.stackId));
  } catch (error) {
    if (!(error instanceof OperationError) || request.kind === 'Create') throw error;
    return [];
  }
}
