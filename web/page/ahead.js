/** Starts loading before the page's other scripts have arrived: on a second visit the model is read while the page is
 * laid out. */

import { prepare } from '../lib/refscout.js';

prepare();
