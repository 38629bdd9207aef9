/* hello - the smallest server program: 16 bytes, then the end. */
#include <unistd.h>

int main(void) { _exit(write(1, "220 hello there\n", 16) != 16); }
