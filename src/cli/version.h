/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/version: what this build calls itself. The text comes from the build's configuration.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

/* "0.1.0" */
const char *cli_version(void);

#endif
