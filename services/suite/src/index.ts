export { SUITE_SETTINGS, suiteDefaults } from './config.ts';
export { demoCommand } from './demo/command.ts';
export type { Deployment } from './demo/run.ts';
export { developmentEnvironment, withDevelopmentEngine } from './development.ts';
export { type EngineProcess, startEngine } from './engine-process.ts';
export { freePort } from './free-port.ts';
export { createSuite, type Suite } from './suite.ts';
