import { createGrpcServer, ParleyError } from '@parley/platform';
import { type GenerateRequest, InferenceService } from '@parley/proto/inference';

/** What the stand-in says to every call. */
export type Said = { text: string } | { failure: string } | 'nothing' | ParleyError;

/** Stands for inference at the border of voting: its contract, over real gRPC on loopback. */
export async function startInference(): Promise<{
  address: string;
  /** What was asked so far. */
  asked: GenerateRequest[];
  say(said: Said): void;
  stop(): Promise<void>;
}> {
  let said: Said = 'nothing';
  const asked: GenerateRequest[] = [];
  const server = createGrpcServer({ host: '127.0.0.1', port: 0, onError: () => {} });
  server.add(InferenceService, {
    async *generate(request) {
      asked.push(request);
      const callId = request.calls[0]?.id ?? '';
      if (said instanceof ParleyError) throw said;
      if (said === 'nothing') return;
      if ('text' in said) yield { result: { case: 'completion', value: { callId, ...said } } };
      else yield { result: { case: 'failure', value: { callId, reason: said.failure } } };
    },
    score: unused,
    embed: unused,
    createSociety: unused,
    getSociety: unused,
    listSocieties: unused,
    addRevision: unused,
    getRevision: unused,
    promoteRevision: unused,
    listEngines: unused,
  });
  const port = await server.start();
  return {
    address: `127.0.0.1:${port}`,
    asked,
    say(next) {
      said = next;
    },
    stop: () => server.stop(0),
  };
}

async function unused(): Promise<never> {
  throw new ParleyError('NOT_CONFIGURED', 'a judge does not use this');
}
