// @ts-check
// Hands small values (a selection) to the view that they are for: see views/mount.py.

import { deliver } from "./channel.js";

/** @param {{data: {view: string, values: unknown}}} mounted */
export const mount = ({ data }) => deliver(data.view, data.values);
