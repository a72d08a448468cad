// Stands in resources/app of the fallback Electron, which has no default app and so cannot be told an app's folder on
// the command line. Several checkouts share it: the folder comes in the environment.
'use strict';
const { app } = require('electron');
const path = require('node:path');

const root = process.env.SLUICE_APP_ROOT;
if (!root) {
  process.stderr.write('sluice: this Electron is started by npm start, which sets SLUICE_APP_ROOT.\n');
  process.exit(2);
}
const manifest = require(path.join(root, 'package.json'));
// What Electron's own default app does; two of the three are not in its types.
const shell = /** @type {any} */ (app);
shell.setName(manifest.productName);
shell.setVersion(manifest.version);
shell.setAppPath(root);
require(path.resolve(root, process.env.SLUICE_APP_MAIN || manifest.main));
