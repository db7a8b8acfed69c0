import type { EmailTransport } from '#bridges/email/transport.ts';
import type { MailForms } from './forms.ts';

const HOUR = 3_600_000;

/** Looks each hour, from the start on, for forms that nobody has answered in time. Returns what ends it. */
export function watchForms({ host }: Pick<EmailTransport, 'host'>, forms: Pick<MailForms, 'expire'>): () => void {
  let cancel = (): void => undefined;
  let over = false;
  const look = async (): Promise<void> => {
    try {
      await forms.expire();
    } catch (error) {
      host.log.error({ err: error }, 'forms that nobody has answered could not be looked for');
    }
    if (!over) cancel = host.clock.after(HOUR, () => void look());
  };
  void look();
  return () => {
    over = true;
    cancel();
  };
}
