import type { DeliveryPage } from '../../contract/internal.ts';
import type { DeliverReach } from '../../lambdas/flows/deliver.ts';

/** A queue of pages that a test looks into and takes from, as it went through JSON. */
export function openPages(recipientsPerPage = 1000): Pick<
  DeliverReach,
  'queues' | 'recipientsPerPage' | 'subscribersPerShard'
> & {
  readonly pages: DeliveryPage[];
} {
  const pages: DeliveryPage[] = [];
  const send = async (_: 'delivery', page: DeliveryPage) => {
    pages.push(JSON.parse(JSON.stringify(page)));
  };
  const queues = { send: send as DeliverReach['queues']['send'] };
  return { queues, recipientsPerPage, subscribersPerShard: 1000, pages };
}
