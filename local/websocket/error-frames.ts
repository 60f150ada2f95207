/** The gateway's own words to a client; recorded on AWS, except the last two (no recording is known). */
export type GatewayFault =
  | 'Forbidden'
  | 'Internal server error'
  | 'Endpoint request timed out'
  | 'Too Many Requests';

/** The text of an error frame, with AWS's uneven spacing: clients have been seen to compare it whole. */
export function errorFrame(fault: GatewayFault, connectionId: string, requestId: string): string {
  return `{"message": "${fault}", "connectionId":"${connectionId}", "requestId":"${requestId}"}`;
}
