import { main } from '#src/process/main.ts';

process.exit(await main(process.argv.slice(2)));
