/** What only rises. The labels hold domains, kinds and conditions: never addresses, numbers or texts. */
export const COUNTERS = {
  isthmus_bugs_total: { help: 'Errors that nobody caught', labels: [] },
  isthmus_stanzas_total: {
    help: 'Stanzas read from (in) and written to (out) the XMPP server',
    labels: ['transport', 'direction'],
  },
  isthmus_events_total: {
    help: 'Events towards the network (out) and towards XMPP (in)',
    labels: ['transport', 'direction', 'kind'],
  },
  isthmus_repeats_total: { help: 'Events that a network told again, not shown twice', labels: ['transport'] },
  isthmus_presence_folded_total: {
    help: 'Stanzas with presence that were saved because it changed again soon, or had not changed',
    labels: ['transport'],
  },
  isthmus_lost_total: {
    help: 'Messages to users of other servers that will never arrive',
    labels: ['transport'],
  },
  isthmus_parked_total: { help: 'Messages that were given up after they had ended the process', labels: [] },
  isthmus_queue_actions_total: {
    help: 'Rows that the operator has dropped, or had tried at once',
    labels: ['transport', 'action'],
  },
  isthmus_alarms_total: { help: 'Alarms of bridges', labels: ['transport', 'name'] },
  isthmus_budget_alarms_total: { help: 'Budgets of which four fifths were spent', labels: ['transport'] },
  isthmus_hooks_total: { help: 'Requests to the routes of a transport, by answer', labels: ['transport', 'status'] },
  isthmus_connections_total: {
    help: 'Connections to the listeners of a transport, by whether they were taken or refused',
    labels: ['transport', 'outcome'],
  },
  isthmus_links_lost_total: { help: 'Connections to the XMPP server that were lost', labels: ['transport'] },
} as const;

/** What rises and falls. */
export const GAUGES = {
  isthmus_link_online: { help: '1 while the XMPP server has accepted the component', labels: ['transport'] },
  isthmus_connections: { help: 'Connections to the listeners of a transport', labels: ['transport'] },
  isthmus_store_damaged: { help: '1 if the check after a crash has found errors in the store', labels: [] },
} as const;
