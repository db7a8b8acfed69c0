export * from '#src/process/cli/demo/servers/synapse.ts';
