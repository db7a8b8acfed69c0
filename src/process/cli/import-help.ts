/** What `isthmus import-biboumi --help` says. */
export const importHelp = `Usage: isthmus import-biboumi FILE|URL [--dry-run] [--transport DOMAIN] [--config FILE]

FILE is biboumi's database (db_name in its config), URL that of PostgreSQL: postgres://user:password@host/name.
Stop the gateway before. What somebody has set here already stays, and a second run changes nothing.

  --dry-run             say what would come, and store nothing
  --transport DOMAIN    which of several IRC transports takes it
  --config FILE         default: ./config.yaml
`;
