export { DATASET_SETTINGS, type DatasetConfig, envToDatasetConfig } from './config.ts';
export type { DatasetOverrides } from './context.ts';
export type { Collection, CollectionSpec } from './domain/collection.ts';
export type { Dataset, Pooling, SealSpec } from './domain/dataset.ts';
export type { Problem } from './domain/problem.ts';
export { createDataset } from './service.ts';
