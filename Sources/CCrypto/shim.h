/*
 * SHA-256 alone, without libcrypto's providers and tables of algorithms: it comes to a few pages, which are linked in
 * (hence the archive in the module map) and need nothing at run time. To look the whole library up would cost each start
 * of a program more than it hashes.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
