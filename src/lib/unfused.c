#include "unfused.h"

/* Taken from the archive only by an executable that has no table of its own. */
struct chain_program const chain_programs[] = {{0, 0}};
