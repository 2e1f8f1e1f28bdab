#include <isa-l/igzip_lib.h>

// Macros that are calculated are not imported.
static const int isal_def_lvl1_default = ISAL_DEF_LVL1_DEFAULT;
