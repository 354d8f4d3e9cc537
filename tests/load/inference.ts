import { benchSlots } from './inference-slots.ts';
import { benchStreams } from './inference-stream.ts';

/** The benchmarks of the inference service alone; they need no model. */
await benchStreams();
await benchSlots();
