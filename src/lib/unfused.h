/*
 * unfused - the empty table of an executable that is not the chain image.
 *
 * A module of its own, so that the linker takes it from the archive only where
 * compile/chain/table.o does not stand before it.
 */
#ifndef POSTERN_UNFUSED_H
#define POSTERN_UNFUSED_H

#include "chain.h"

#endif
