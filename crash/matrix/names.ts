/** Of the transport. */
export const DOMAIN = 'matrix.example';
export const OWNERS = ['romeo', 'juliet', 'nurse', 'peter'] as const;
