// SPDX-License-Identifier: GPL-2.0
/*
 * A program over libdflres is tested with libdflres-sim: a feature is claimed,
 * used, interrupts, and goes away. An example of such a test as well.
 */
#undef NDEBUG
#include <assert.h>
#include <dflres-sim.h>
#include <dflres.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* pread() and poll() as a program or a library calls them that is built with _FORTIFY_SOURCE */
#ifdef __USE_FILE_OFFSET64
#define PREAD_CHK "__pread64_chk"
#else
#define PREAD_CHK "__pread_chk"
#endif
ssize_t pread_chk(int fd, void *data, size_t size, off_t offset, size_t room) __asm__(PREAD_CHK);
int poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room) __asm__("__poll_chk");

static struct dflres_sim *sim;

/* dfl_dev.0, of a driver; dfl_dev.1, which cannot be mapped; dfl_dev.2 */
static void make_card(void)
{
	struct dflres_sim_feature feature = DFLRES_SIM_FEATURE_INIT;

	assert(!dflres_sim_new(&sim, NULL));
	feature.driver = "uio_dfl";
	assert(!dflres_sim_add(sim, &feature));
	assert(dflres_sim_add(sim, &feature) == -EEXIST);
	feature.driver = NULL;
	feature.number = 1;
	feature.id = 0x20;
	feature.mappable = false;
	feature.address += 0x10000;
	feature.length = 0x40;
	assert(!dflres_sim_add(sim, &feature));
	feature.number = 2;
	feature.id = 0x30;
	feature.mappable = true;
	feature.num_irqs = 2;
	feature.address += 0x10000;
	feature.length = 0x2000;
	assert(!dflres_sim_add(sim, &feature));
	feature.size = 0;
	assert(dflres_sim_add(sim, &feature) == -EINVAL);
}

static struct dflres_claim *claim(const char *name, unsigned int flags)
{
	struct dflres_claim *new;

	assert(!dflres_claim_select(&new, &name, 1, flags, 0, NULL));
	return new;
}

static enum dflres_owner owner_of(const char *name)
{
	struct dflres_feature *feature;
	enum dflres_owner owner;

	assert(!dflres_select(&feature, name));
	assert(!dflres_feature_owner(feature, &owner));
	dflres_feature_close(feature);
	return owner;
}

static void test_fortified(const struct dflres_claim *claim, bool ended)
{
	struct pollfd end = { .fd = dflres_claim_fd(claim), .events = POLLPRI };
	uint64_t value;

	errno = 0;
	assert(pread_chk(dflres_claim_fd(claim), &value, sizeof(value), 8, sizeof(value)) == (ended ? -1 : 8));
	assert(errno == (ended ? ENODEV : 0));
	assert(poll_chk(&end, 1, 0, sizeof(end)) == ended);
}

static void test_registers(const char *name, unsigned int number)
{
	struct dflres_claim *new = claim(name, 0), *second;
	struct dflres_regs *regs;
	const uint32_t poked = 0x5a5a1234;
	uint64_t value;

	assert(owner_of(name) == DFLRES_OWNER_USER);
	assert(dflres_claim_open(&second, dflres_claim_feature(new), 0, 0) == -EBUSY);
	assert(!dflres_regs_open(&regs, new, DFLRES_REGS_GUARD));
	assert((dflres_regs_base(regs) != NULL) == (number == 2));
	assert(!dflres_regs_try_write64(regs, 8, 0x1122334455667788));
	assert(!dflres_sim_peek(sim, number, 8, &value, sizeof(value)));
	assert(value == 0x1122334455667788);
	assert(!dflres_sim_poke(sim, number, 0x20, &poked, sizeof(poked)));
	assert(dflres_regs_read32(regs, 0x20) == poked);
	assert(dflres_sim_peek(sim, number, dflres_regs_size(regs), &value, 1) == -ERANGE);
	test_fortified(new, false);
	/* the end of the claim is that of the mapping, and not of the registers */
	assert(!dflres_sim_release(sim, number));
	test_fortified(new, true);
	assert(dflres_claim_check(new) == -ENODEV);
	assert(dflres_regs_try_read64(regs, 8, &value) == -ENODEV);
	assert(!dflres_sim_peek(sim, number, 8, &value, sizeof(value)));
	assert(value == 0x1122334455667788);
	dflres_regs_close(regs);
	dflres_claim_close(new);
	assert(owner_of(name) == DFLRES_OWNER_NONE);
	dflres_claim_close(claim(name, DFLRES_CLAIM_LASTING));
	assert(owner_of(name) == DFLRES_OWNER_USER);
	assert(!dflres_sim_release(sim, number));
	assert(!dflres_sim_release(sim, number));
}

/* A kernel driver has it, lets it be taken over, and gets it back. */
static void test_driver(void)
{
	const char *name = "fme:0x10";
	struct dflres_claim *new;
	char driver[32];

	assert(owner_of(name) == DFLRES_OWNER_KERNEL);
	assert(dflres_claim_select(&new, &name, 1, 0, 0, NULL) == -EBUSY);
	new = claim(name, DFLRES_CLAIM_TAKE_OVER);
	assert(owner_of(name) == DFLRES_OWNER_USER);
	assert(!dflres_feature_driver(dflres_claim_feature(new), driver, sizeof(driver)));
	assert(!strcmp(driver, "dflres"));
	dflres_claim_close(new);
	assert(owner_of(name) == DFLRES_OWNER_KERNEL);
}

/* All or nothing: a refused take-over leaves the driver. */
static void test_refusal(void)
{
	const char *name = "fme:0x10";
	struct dflres_claim *new;

	assert(!dflres_sim_refuse(sim, 0, -EPERM));
	assert(dflres_claim_select(&new, &name, 1, DFLRES_CLAIM_TAKE_OVER, 0, NULL) == -EPERM);
	assert(owner_of(name) == DFLRES_OWNER_KERNEL);
	assert(!dflres_sim_refuse(sim, 0, 0));
	dflres_claim_close(claim(name, DFLRES_CLAIM_TAKE_OVER));
	assert(!dflres_sim_set(sim, 2, "dflres/claimable", "overlap\n"));
	name = "fme:0x30";
	assert(dflres_claim_select(&new, &name, 1, 0, 0, NULL) == -ENXIO);
	assert(!dflres_sim_set(sim, 2, "dflres/claimable", "yes\n"));
	assert(dflres_sim_refuse(sim, 9, 0) == -ENODEV);
}

static void *later(void *what)
{
	const struct timespec time = { .tv_nsec = 50000000 };

	nanosleep(&time, NULL);
	if (what)
		assert(!dflres_sim_interrupt(sim, 2, 1));
	else
		assert(!dflres_sim_release(sim, 2));
	return NULL;
}

static void in_a_while(pthread_t *thread, void *what)
{
	assert(!pthread_create(thread, NULL, later, what));
}

static void test_interrupts(void)
{
	struct dflres_irq *irq, *watch;
	struct dflres_claim *new;
	enum dflres_owner owner;
	struct dflres_watch *w;
	pthread_t thread;
	uint64_t count;

	assert(dflres_sim_interrupt(sim, 2, 0) == -ENODEV);
	new = claim("fme:0x30", 0);
	assert(dflres_sim_interrupt(sim, 2, 2) == -ENOENT);
	assert(dflres_irq_open(&irq, new, 2, 0) == -ENOENT);
	assert(!dflres_irq_open(&irq, new, 1, 0));
	assert(!dflres_irq_open(&watch, new, 1, DFLRES_IRQ_WATCH));
	assert(dflres_irq_wait(irq, 20, &count) == -ETIMEDOUT);
	assert(dflres_irq_wait(watch, 20, &count) == -ETIMEDOUT);
	in_a_while(&thread, &count);
	assert(!dflres_irq_wait(irq, 10000, &count));
	assert(count == 1);
	/* to look at the count takes nothing */
	assert(!dflres_irq_count(watch, &count));
	assert(count == 1);
	assert(!dflres_irq_wait(watch, 10000, &count));
	assert(count == 1);
	pthread_join(thread, NULL);
	assert(!dflres_watch_open(&w, dflres_claim_feature(new)));
	assert(dflres_watch_wait(w, 20, &owner) == -ETIMEDOUT);
	in_a_while(&thread, NULL);
	assert(!dflres_watch_wait(w, 10000, &owner));
	assert(owner == DFLRES_OWNER_NONE);
	assert(dflres_irq_wait(irq, 10000, &count) == -ENODEV);
	assert(dflres_irq_wait(watch, 10000, &count) == -ENODEV);
	pthread_join(thread, NULL);
	dflres_watch_close(w);
	dflres_irq_close(watch);
	dflres_irq_close(irq);
	dflres_claim_close(new);
}

/* A claim that has ended is nobody's: what is claimed then is another's. */
static void test_end_of_another(void)
{
	struct dflres_claim *first = claim("fme:0x30", 0), *second;

	assert(!dflres_sim_release(sim, 2));
	second = claim("fme:0x30", 0);
	assert(dflres_claim_release(first, DFLRES_RELEASE_NONE) == -ENODEV);
	dflres_claim_close(first);
	assert(owner_of("fme:0x30") == DFLRES_OWNER_USER);
	assert(!dflres_claim_check(second));
	dflres_claim_close(second);
}

/* Nor does an object of the claim that has ended use what is the next one's. */
static void test_use_after_the_end(void)
{
	static const unsigned int flags[] = { 0, DFLRES_REGS_NO_MAP, DFLRES_REGS_WRITE_COMBINE, DFLRES_REGS_GUARD };
	struct dflres_claim *first = claim("fme:0x30", 0), *second;
	struct dflres_irq *irq, *none;
	struct dflres_regs *regs;
	uint64_t count;

	assert(!dflres_sim_release(sim, 2));
	assert(dflres_irq_open(&none, first, 1, 0) == -ENODEV);
	assert(dflres_regs_open(&regs, first, DFLRES_REGS_NO_MAP) == -ENODEV);
	second = claim("fme:0x30", 0);
	assert(!dflres_irq_open(&irq, second, 1, 0));
	assert(dflres_irq_open(&none, first, 1, 0) == -ENODEV);
	assert(dflres_irq_open(&none, first, 1, DFLRES_IRQ_WATCH) == -ENODEV);
	assert(dflres_irq_open(&none, first, 9, 0) == -ENODEV);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		assert(dflres_regs_open(&regs, first, flags[i]) == -ENODEV);
	/* the eventfd is still the one that waits */
	assert(!dflres_sim_interrupt(sim, 2, 1));
	assert(!dflres_irq_wait(irq, 10000, &count));
	assert(count == 1);
	dflres_irq_close(irq);
	dflres_claim_close(first);
	dflres_claim_close(second);
}

/* The end of the claim is what is told, though an access was wrong before, and though one is after. */
static void test_errors(void)
{
	struct dflres_claim *new = claim("fme:0x30", 0);
	struct dflres_regs *regs;

	assert(!dflres_regs_open(&regs, new, DFLRES_REGS_NO_MAP));
	dflres_regs_read32(regs, dflres_regs_size(regs));
	assert(dflres_regs_error(regs) == -ERANGE);
	dflres_regs_read32(regs, 1);
	assert(dflres_regs_error(regs) == -ERANGE);
	assert(!dflres_sim_release(sim, 2));
	dflres_regs_read32(regs, 0);
	assert(dflres_regs_error(regs) == -ENODEV);
	dflres_regs_read32(regs, 1);
	assert(dflres_regs_error(regs) == -ENODEV);
	dflres_regs_close(regs);
	dflres_claim_close(new);
}

static void test_removal(void)
{
	struct dflres_claim *new = claim("fme:0x30", 0);
	struct dflres_list *list;
	enum dflres_owner owner;

	assert(!dflres_sim_remove(sim, 2));
	assert(dflres_sim_remove(sim, 2) == -ENODEV);
	assert(dflres_claim_check(new) == -ENODEV);
	assert(dflres_feature_owner(dflres_claim_feature(new), &owner) == -ENODEV);
	dflres_claim_close(new);
	assert(!dflres_list_new(&list));
	assert(dflres_list_count(list) == 2);
	dflres_list_free(list);
}

int main(void)
{
	char root[256];

	make_card();
	snprintf(root, sizeof(root), "%s", dflres_sim_root(sim));
	test_registers("fme:0x20", 1);
	test_registers("fme:0x30", 2);
	test_driver();
	test_refusal();
	test_end_of_another();
	test_use_after_the_end();
	test_errors();
	test_interrupts();
	test_removal();
	dflres_sim_free(sim);
	dflres_sim_free(NULL);
	assert(access(root, F_OK) && errno == ENOENT);
	return 0;
}
