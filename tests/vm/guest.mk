# SPDX-License-Identifier: GPL-2.0
# The guest's programs: its tools, and every test in programs/ linked with guest.c. Run in the build directory, with src= the
# directory of this file. The target `bench`, not made with the rest, is tests/bench/run's.
CFLAGS = -O2 -Wall -Wextra -Werror -pthread $(places)
# what a test that fails calls its source
places = -fmacro-prefix-map=$(src)/=tests/vm/ -fmacro-prefix-map=$(src)/../=tests/
tests = $(basename $(notdir $(wildcard $(src)/programs/*.c)))
vpath %.c $(src) $(src)/programs

tools = card registers

# What begins with library is linked with libdflres as well; the library's examples are tools of its tests.
user = $(src)/../../userspace
library = $(filter library%,$(tests))
examples = $(addprefix example-,$(basename $(notdir $(wildcard $(user)/examples/*.c))))
objects = $(addprefix lib-,$(patsubst %.c,%.o,$(notdir $(wildcard $(user)/lib/*.c))))

all: $(tools) $(tests) $(examples) stress

# What is linked with the library, to be built for another kind of user space as well
user-programs: $(library) $(examples)

$(tools): %: $(src)/%.c
	$(CC) $(CFLAGS) -static -o $@ $(filter %.c %.o,$^)

card: vector.o
registers: $(src)/guest.h

vector.o: $(src)/vector.h
guest.o: $(src)/guest.h

# Several objects make one program.
stress = $(patsubst %.c,%.o,$(notdir $(wildcard $(src)/../stress/*.c)))

$(stress): %.o: $(src)/../stress/%.c $(wildcard $(src)/../stress/*.h) $(src)/guest.h $(src)/random.h $(src)/vector.h
	$(CC) $(CFLAGS) -I$(src) -c -o $@ $<

stress: $(stress) guest.o vector.o
	$(CC) $(CFLAGS) -static -o $@ $^

config.h:
	echo '#define PACKAGE_VERSION "guest"' >$@

lib-%.o: $(user)/lib/%.c $(user)/lib/dflres.h $(user)/lib/internal.h config.h
	$(CC) $(CFLAGS) -D_GNU_SOURCE -I. -c -o $@ $<

libdflres.a: $(objects)
	$(AR) rcs $@ $^

$(examples): example-%: $(user)/examples/%.c libdflres.a
	$(CC) $(CFLAGS) -D_GNU_SOURCE -static -I$(user)/lib -o $@ $< libdflres.a -lsysfs -ljson-c

held: vector.o
held: libraries = vector.o

$(library): libdflres.a
$(library): libraries = libdflres.a -lsysfs -ljson-c

$(tests): %: %.c $(src)/guest.h $(src)/random.h $(wildcard $(src)/cards/*.h) guest.o
	$(CC) $(CFLAGS) -static -I$(src) -I$(user)/lib -o $@ $< guest.o $(libraries)

# Debian has no static libudev, so that this one is linked dynamically
bench_objects = $(addprefix bench-,$(notdir $(patsubst %.c,%.o,$(wildcard $(src)/../bench/*.c))))

bench-%.o: $(src)/../bench/%.c $(src)/../bench/bench.h $(src)/guest.h $(src)/vector.h $(user)/lib/dflres.h
	$(CC) $(CFLAGS) -D_GNU_SOURCE -I$(src) -I$(user)/lib -c -o $@ $<

bench: $(bench_objects) guest.o vector.o libdflres.a
	$(CC) $(CFLAGS) -o $@ $^ -lsysfs -ljson-c -ludev

.DELETE_ON_ERROR:
