import { describe, expect, test } from 'vitest';
import {} from '../support/story.ts';
