import type { JobProgress } from '../domain/state.ts';
import type { TrainingJob, TrainingResult } from '../domain/training.ts';

/** How a training job ended. */
export type TrainingOutcome =
  | {
      status: 'succeeded';
      result: TrainingResult;
      /** The folder on this machine that holds the adapter; its `folderDigest` is the result's. */
      adapterDir: string;
    }
  | {
      status: 'failed';
      message: string;
      /** The last lines that the trainer wrote. */
      log: string[];
    };

/** Where training jobs run. A job is known by its name alone, which says everything that makes it one. */
export type TrainerLauncher = {
  /**
   * Starts a job unless it runs or has succeeded already; one that was interrupted starts again.
   * @throws ParleyError when the dataset or the parent cannot be fetched, or are not what they should be.
   */
  start(job: TrainingJob, signal?: AbortSignal): Promise<void>;
  /**
   * Waits for the end of a started job. The signal ends the waiting, not the job.
   * @throws ParleyError NOT_FOUND for a job that was not started here; what the signal holds when it aborts.
   */
  watch(
    name: string,
    options: { signal: AbortSignal; onProgress: (progress: JobProgress) => void },
  ): Promise<TrainingOutcome>;
  /** Ends a job if it runs, and waits until it has ended. */
  stop(name: string): Promise<void>;
  /** Stops a job and forgets all that it left behind. */
  remove(name: string): Promise<void>;
  /** Stops all jobs. */
  close(): Promise<void>;
};
