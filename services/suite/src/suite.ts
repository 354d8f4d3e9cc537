import { resolve } from 'node:path';
import { createDataset, envToDatasetConfig } from '@parley/dataset';
import { createDebate, envToDebateConfig } from '@parley/debate';
import { createFinetune, envToFinetuneConfig } from '@parley/finetune';
import { createInference, envToInferenceConfig } from '@parley/inference';
import {
  type Addresses,
  createHost,
  type Environment,
  envToConfig,
  HOST_SETTINGS,
  type Log,
  type Service,
  withDefaults,
} from '@parley/platform';
import { createVoting, envToVotingConfig } from '@parley/voting';
import { envToSuiteConfig, suiteDefaults } from './config.ts';
import { freePort } from './free-port.ts';

/** All five services in one process. */
export type Suite = {
  /** Starts everything; resolves with the addresses once it listens. */
  start(): Promise<Addresses>;
  /** Stops intake, drains, closes. Idempotent. */
  destroy(): Promise<void>;
};

/**
 * The suite, configured by the variables that the services have. What the environment leaves open, the suite
 * decides: state under `PARLEY_DATA` (`./data`), and each service's address on the one gRPC port that all share.
 */
export async function createSuite(environment: Environment, log?: Log): Promise<Suite> {
  const complete = await suiteEnvironment(environment);
  const config = envToConfig(complete, HOST_SETTINGS);
  const host = await createHost('suite', config, log);
  const services: Service[] = [
    await createVoting(host, envToVotingConfig(complete)),
    await createInference(host, envToInferenceConfig(complete)),
    await createDebate(host, envToDebateConfig(complete)),
    await createDataset(host, envToDatasetConfig(complete)),
    await createFinetune(host, envToFinetuneConfig(complete)),
  ];
  return {
    start: () => host.start(services),
    destroy: () => host.stop(),
  };
}

/** The environment with everything filled in that the suite decides. */
async function suiteEnvironment(environment: Environment): Promise<Environment> {
  const data = resolve(envToSuiteConfig(environment).data);
  const { host, grpcPort: wanted } = envToConfig(environment, HOST_SETTINGS);
  const grpcPort = wanted === 0 ? await freePort(host) : wanted;
  const address = `${host}:${grpcPort}`;
  return {
    ...withDefaults(environment, suiteDefaults(data)),
    PARLEY_GRPC_PORT: String(grpcPort),
    PARLEY_INFERENCE_ADDRESS: address,
    PARLEY_VOTING_ADDRESS: address,
    PARLEY_DATASET_ADDRESS: address,
    PARLEY_DEBATE_ADDRESS: address,
  };
}
