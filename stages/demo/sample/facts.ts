import { Random, streams } from './random.js';
import type { Sample } from './sample.js';

/** What is true of an image, so that its rows and its documents agree (but for the marks made to be stale). */
export interface ImageFacts {
  readonly face: boolean;
  readonly body: boolean;
  readonly leftHand: boolean;
  readonly rightHand: boolean;
}

/** The facts of one image. */
export function factsOf(sample: Sample, index: number): ImageFacts {
  const random = new Random(sample.seed, streams.facts, index);
  const body = random.chance(70);
  return {
    face: random.chance(65),
    body,
    leftHand: body && random.chance(45),
    rightHand: body && random.chance(50),
  };
}
