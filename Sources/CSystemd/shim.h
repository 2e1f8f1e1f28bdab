#ifndef MIGRATED_CSYSTEMD_SHIM_H
#define MIGRATED_CSYSTEMD_SHIM_H

/* The place in the code is given by the log event; without this, the headers turn calls into macros. */
#define SD_JOURNAL_SUPPRESS_LOCATION 1

#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#endif
