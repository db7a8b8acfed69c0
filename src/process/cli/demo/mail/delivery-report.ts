/** Which mail a report is about: its envelope's sender, who it was for, and the id that it was sent with. */
export interface ReportedDelivery {
  readonly to: string;
  readonly recipient: string;
  readonly envelopeId?: string | undefined;
}

/** A report that a mail has arrived (RFC 3464), by the server of that name. */
export function deliveryReport(server: string, { to, recipient, envelopeId }: ReportedDelivery): Buffer {
  const boundary = crypto.randomUUID();
  const lines = [
    `From: Mail Delivery System <MAILER-DAEMON@${server}>`,
    `To: <${to}>`,
    'Subject: Your mail has arrived',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${crypto.randomUUID()}@${server}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'It lies in the mailbox.',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    `Reporting-MTA: dns; ${server}`,
    ...(envelopeId === undefined ? [] : [`Original-Envelope-Id: ${envelopeId}`]),
    '',
    `Final-Recipient: rfc822; ${recipient}`,
    'Action: delivered',
    'Status: 2.0.0',
    '',
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}
