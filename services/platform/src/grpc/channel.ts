import { Client, credentials } from '@grpc/grpc-js';

/** How long one channel is used. */
const AGE_MS = 60_000;
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const ROUND_ROBIN = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] });

/** The library's client for one call at a time. */
export type Channel = {
  /** The client for a call, and how to say that the call has ended. */
  take(): { client: Client; done: () => void };
  /** Ends everything. */
  close(): void;
};

type Open = { client: Client; calls: number; since: number };

/**
 * A channel to an address that is made anew after a minute, when its address is resolved again: so replicas are found
 * that came later. The old one is closed when its calls have ended; connections that both use stay. (A server that
 * closes a connection for its age does so together with the last call, of which its client may lose the end.)
 */
export function createChannel(address: string): Channel {
  let current = open();
  let closed = false;
  const retired = new Set<Open>();

  function open(): Open {
    const client = new Client(targetOf(address), credentials.createInsecure(), {
      // Callers repeat what is idempotent; the channel's own retries would cost every call a buffer.
      'grpc.enable_retries': 0,
      'grpc.enable_channelz': 0,
      'grpc.service_config': ROUND_ROBIN,
      'grpc.dns_min_time_between_resolutions_ms': 5000,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    });
    return { client, calls: 0, since: performance.now() };
  }

  function renew(): void {
    const old = current;
    current = open();
    if (old.calls === 0) old.client.close();
    else retired.add(old);
  }

  return {
    take() {
      if (!closed && performance.now() - current.since > AGE_MS) renew();
      const used = current;
      used.calls += 1;
      return {
        client: used.client,
        done() {
          used.calls -= 1;
          if (used.calls === 0 && retired.delete(used)) used.client.close();
        },
      };
    },
    close() {
      closed = true;
      for (const { client } of [current, ...retired]) client.close();
      retired.clear();
    },
  };
}

/** A name is resolved by DNS; a list of addresses is fixed. */
function targetOf(address: string): string {
  return address.includes(',') ? `ipv4:${address}` : address;
}
