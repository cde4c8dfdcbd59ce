/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/version: what this build calls itself.
 *
 * Place    the text comes from the configuration of the build, its only home.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

/* "0.1.0" */
const char *cli_version(void);

#endif
