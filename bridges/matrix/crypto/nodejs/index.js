// Nothing: encryption is `bridges/matrix/crypto` (docs/decisions/0016).
'use strict';
module.exports = {};
