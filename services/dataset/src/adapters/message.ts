import type { MessageInitShape } from '@bufbuild/protobuf';
import type { DatasetSchema } from '@parley/proto/dataset';
import type { Dataset } from '../domain/dataset.ts';

/** A dataset as events and gRPC carry it. */
export function datasetMessage(dataset: Dataset): MessageInitShape<typeof DatasetSchema> {
  const { id, collection, seat, rows, pools, uri, sha256, manifest } = dataset;
  return {
    id,
    collection,
    seat,
    rows,
    pools: { ...pools },
    uri,
    sha256,
    manifestUri: manifest.uri,
    manifestSha256: manifest.sha256,
  };
}
