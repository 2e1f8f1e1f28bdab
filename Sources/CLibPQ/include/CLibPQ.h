#ifndef CLIBPQ_H
#define CLIBPQ_H

/* pg_config --includedir is not a directory of the compiler's own on Debian. */
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#else
#include <postgresql/libpq-fe.h>
#endif
/* To wait for libpq's socket; Swift's Glibc module does not have it. */
#include <sys/epoll.h>

/* Macros that are character literals are not imported into Swift. */
static const int CLIBPQ_DIAG_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int CLIBPQ_DIAG_SEVERITY_LOCALIZED = PG_DIAG_SEVERITY;
static const int CLIBPQ_DIAG_SQLSTATE = PG_DIAG_SQLSTATE;
static const int CLIBPQ_DIAG_MESSAGE = PG_DIAG_MESSAGE_PRIMARY;
static const int CLIBPQ_DIAG_DETAIL = PG_DIAG_MESSAGE_DETAIL;
static const int CLIBPQ_DIAG_HINT = PG_DIAG_MESSAGE_HINT;
static const int CLIBPQ_DIAG_POSITION = PG_DIAG_STATEMENT_POSITION;
static const int CLIBPQ_DIAG_INTERNAL_POSITION = PG_DIAG_INTERNAL_POSITION;
static const int CLIBPQ_DIAG_INTERNAL_QUERY = PG_DIAG_INTERNAL_QUERY;
static const int CLIBPQ_DIAG_CONTEXT = PG_DIAG_CONTEXT;
static const int CLIBPQ_DIAG_SCHEMA = PG_DIAG_SCHEMA_NAME;
static const int CLIBPQ_DIAG_TABLE = PG_DIAG_TABLE_NAME;
static const int CLIBPQ_DIAG_COLUMN = PG_DIAG_COLUMN_NAME;
static const int CLIBPQ_DIAG_DATATYPE = PG_DIAG_DATATYPE_NAME;
static const int CLIBPQ_DIAG_CONSTRAINT = PG_DIAG_CONSTRAINT_NAME;
static const int CLIBPQ_DIAG_ROUTINE = PG_DIAG_SOURCE_FUNCTION;

/*
 * Nothing links with libpq: it brings two dozen libraries, which cost every start of a program, also of one that talks
 * to no server this time. The functions that are used are in LibPQ.c, and hand on to the library that this loads. None of
 * them may be called before it has returned NULL. Otherwise it returns why there is no library (for this thread, until it
 * loads something again), and the next call tries again.
 */
const char *clibpq_load(void);

#endif
