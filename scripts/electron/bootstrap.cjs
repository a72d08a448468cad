// Stands in resources/app of the fallback Electron, which has no default app and so cannot be told an app's folder on
// the command line. Several checkouts share it: the folder comes in the environment.
'use strict';
const { app } = require('electron');
const path = require('node:path');

const place = process.env.SLUICE_APP_ROOT;
if (!place) {
  process.stderr.write('sluice: this Electron is started by npm start, which sets SLUICE_APP_ROOT.\n');
  process.exit(2);
}
// As with Electron itself, the app is a folder with a package.json, or a file.
const manifest = place.endsWith('.cjs') ? { main: '.' } : require(path.join(place, 'package.json'));
// What Electron's own default app does; two of the three are not in its types.
const shell = /** @type {any} */ (app);
shell.setName(manifest.productName || 'Electron');
shell.setVersion(manifest.version || process.versions.electron);
shell.setAppPath(manifest.main === '.' ? path.dirname(place) : place);
require(path.resolve(place, manifest.main));
