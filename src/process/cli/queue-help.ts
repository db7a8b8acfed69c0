/** The text of `isthmus queue --help`. */
export const queueHelp = `Usage: isthmus queue list [--transport DOMAIN] [--state ready|flight|taken|parked] [--limit N] [--full] [--json]
       isthmus queue show ID [--body] [--full] [--json]
       isthmus queue retry ID
       isthmus queue drop ID
Each takes --config FILE, and works while the gateway runs and while it is stopped.

  list    what is owed and what was given up: no texts, and addresses shortened without --full
  show    one row with every step that was taken for it; --body adds what it says
  retry   does not wait for the time of its next try
  drop    takes it out of the queue: its sender has the error
`;
