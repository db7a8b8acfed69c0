/** A listener that could not be opened. The message is for the operator. */
export class ListenFailure extends Error {}
