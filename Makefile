# Nothing here names a program: see package/programs and doc/adding.md.
MAKEFLAGS += -rR
CC := $(shell head -n 1 conf-cc)
home := $(shell head -n 1 conf-home)
CPPFLAGS := -D_GNU_SOURCE -Isrc/lib
LINK_static := -static-pie
LINK_dynamic := -pie
SKARNET := -Wl,-Bstatic -lskarnet
# What modules of some folders need beyond that, for their tests.
SHARED := -Wl,-Bdynamic -Wl,--as-needed -lssl -lseccomp -lcrypt -lcrypto -lidn

it: all
include compile/rules.mak
-include $(shell find compile -name '*.d' 2>/dev/null)

# A hyphen in a file name: a program.  None: a module.
MODULES := $(filter-out src/lib/cdbmap.c,$(shell find src -name '*.c' ! -name '*-*'))
LIB := $(MODULES:src/%.c=compile/%.o) compile/lib/cdbmap.o
UNIT := $(patsubst tests/unit/%.c,compile/tests/unit/%,$(wildcard tests/unit/*.c))
HELPERS := $(patsubst tests/helpers/%.c,compile/tests/helpers/%,$(wildcard tests/helpers/*.c))
FUZZ := $(patsubst tests/fuzz/%.c,compile/tests/fuzz/%,$(wildcard tests/fuzz/*.c))
FOLDERS := $(sort $(dir $(wildcard src/*/*.h)))

all: $(PROGRAMS:%=command/%)

compile/rules.mak: package/programs package/mkrules
	@mkdir -p $(@D)
	sh package/mkrules < package/programs > $@

compile/%.o: src/%.c conf-cc Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -fPIE -ffunction-sections -fdata-sections -MMD -MP -c -o $@ $<

# tinycdb and skalibs define the same names with different arguments: what
# cdbmap takes from tinycdb becomes local to its object, and nothing may leak.
compile/lib/cdbmap.o: compile/raw/cdbmap.o
	@mkdir -p $(@D)
	ld -r -o $@.tmp $< -L$(dir $(shell $(CC) -print-file-name=libcdb.a)) -lcdb
	objcopy --wildcard --keep-global-symbol='cdbmap_*' $@.tmp $@
	rm -f $@.tmp
	! nm -g --defined-only $@ | grep -v ' cdbmap_'

compile/raw/cdbmap.o: src/lib/cdbmap.c conf-cc Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -fPIE -ffunction-sections -MMD -MP -c -o $@ $<

compile/libpostern.a: $(LIB)
	rm -f $@
	ar rcs $@ $^

compile/chain/table.c: package/programs package/mkchain package/mkrules
	@mkdir -p $(@D)
	sh package/mkchain $(CHAIN) > $@

compile/chain/table.o: compile/chain/table.c
	$(CC) $(CPPFLAGS) -fPIE -c -o $@ $<

# -w: c-ares could look up the names of services, which a static executable
# should not; nothing here asks it to, but the linker warns of it.
command/postern-chain: $(CHAIN_OBJ) compile/chain/table.o compile/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(LINK_static) -Wl,-w,--gc-sections,-z,relro,-z,now -o $@ \
		$(CHAIN_OBJ) compile/chain/table.o compile/libpostern.a $(SKARNET) $(CHAIN_LIBS)

$(EXECUTABLES:%=command/%):
	@mkdir -p $(@D)
	$(CC) $(LINK) -Wl,--gc-sections -Wl,-z,relro,-z,now -o $@ $^ $(SKARNET) \
		$(if $(filter -pie,$(LINK)),-Wl$(comma)-Bdynamic) $(LIBS)
comma := ,
SHARED += -lcares

compile/tests/unit/%: tests/unit/%.c tests/lib/unit.h compile/libpostern.a
	@mkdir -p $(@D)
	$(CC) -Wno-unused-result $(CPPFLAGS) $(FOLDERS:%=-I%) -Itests/lib -o $@ $< compile/libpostern.a $(SKARNET) $(SHARED)

compile/tests/helpers/%: tests/helpers/%.c compile/libpostern.a
	@mkdir -p $(@D)
	$(CC) -Wno-unused-result $(CPPFLAGS) -static -o $@ $< compile/libpostern.a $(SKARNET)

compile/tests/helpers/bare-%: tests/helpers/bare-%.c tests/helpers/bare.h
	@mkdir -p $(@D)
	$(CC) -Wno-unused-result -fno-stack-protector -nostdlib -static -o $@ $<

compile/tests/helpers/tls-%: tests/helpers/tls-%.c
	@mkdir -p $(@D)
	$(CC) -Wno-unused-result $(CPPFLAGS) -o $@ $< -lssl -lcrypto

# The fuzz targets, with a main that replays files instead of libFuzzer's.
compile/tests/fuzz/%: tests/fuzz/%.c tests/lib/replay.c compile/libpostern.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(FOLDERS:%=-I%) -o $@ $< tests/lib/replay.c compile/libpostern.a $(SKARNET) $(SHARED)

tests: all $(UNIT) $(HELPERS) $(FUZZ)

test check: tests
	tests/run

lint:
	@sh package/lint

# make fuzz TARGET=name [FUZZ_SECONDS=n]: new inputs that matter go into the
# corpus by hand, small and named after what they show.  Here cdbmap is a module
# like any other, so tinycdb must come before skalibs; see above.
FUZZ_SECONDS := 60
FUZZ_CC := clang -std=c11 -g -O1 -fsanitize=fuzzer-no-link,address,undefined
FUZZ_OBJ := $(patsubst src/%.c,compile/fuzzed/%.o,$(MODULES) src/lib/cdbmap.c)
compile/fuzzed/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(FUZZ_CC) $(CPPFLAGS) -MMD -MP -c -o $@ $<
compile/fuzzed/libpostern.a: $(FUZZ_OBJ)
	rm -f $@
	ar rcs $@ $^
compile/fuzzed/run-%: tests/fuzz/%.c compile/fuzzed/libpostern.a
	$(FUZZ_CC) -fsanitize=fuzzer $(CPPFLAGS) $(FOLDERS:%=-I%) -o $@ $^ -lcdb $(SKARNET) $(SHARED)
fuzz: compile/fuzzed/run-$(TARGET)
	@mkdir -p compile/found/$(TARGET)
	$< -max_total_time=$(FUZZ_SECONDS) compile/found/$(TARGET) tests/fuzz/corpus/$(TARGET)

run: all
	@sh package/demo

bench: all $(HELPERS)
	tests/bench/run

install: $(PROGRAMS:%=install-%) install-man
	install -D -m 0755 command/postern-chain $(DESTDIR)$(home)/bin/postern-chain
$(EXECUTABLES:%=install-%): install-%: command/%
	install -D -m $(MODE_$*) $< $(DESTDIR)$(home)/bin/$*
$(CHAIN:%=install-%): install-%: command/%
	@install -d $(DESTDIR)$(home)/bin
	ln -sf postern-chain $(DESTDIR)$(home)/bin/$*
install-man:
	for p in doc/man/*.[1-8]; do \
		install -D -m 0644 $$p $(DESTDIR)$(home)/share/man/man$${p##*.}/$${p##*/} || exit; \
	done

# make install-links: the programs that ours replace, by their own names, with
# their own defaults.  Never in the place of a file that is not a link.
install-links: $(TWINS:%=install-link-%)
$(TWINS:%=install-link-%): install-link-%: install
	@d=$(DESTDIR)$(home)/bin/$*; [ -L $$d ] || [ ! -e $$d ] || \
		{ echo "$$d is there, and is not a link" >&2; exit 1; }
	ln -sfn postern-$* $(DESTDIR)$(home)/bin/$*

clean:
	rm -rf compile command

.PHONY: it all tests test check lint fuzz run bench install install-links install-man clean
.DELETE_ON_ERROR:
.SECONDARY:
