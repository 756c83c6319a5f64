// SPDX-License-Identifier: GPL-2.0
/*
 * Holds the first one who calls a function, or who comes to one of its
 * instructions, until it is let go of, so that a test can do something in between.
 * In an interrupt and within a function it keeps the processor busy, and elsewhere
 * it sleeps. Needs kprobes.
 */

#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/sysfs.h>

/*
 * A test that has died does not hold for ever, nor a processor for so long that
 * the kernel complains.
 */
#define SLEEP_LIMIT_MS 60000
#define BUSY_LIMIT_MS 10000

static char *at;
module_param(at, charp, 0444);
MODULE_PARM_DESC(at, "the function's name");

static unsigned int offset;
module_param(offset, uint, 0444);
MODULE_PARM_DESC(offset, "of an instruction in it");

static bool by_dflres;
module_param(by_dflres, bool, 0444);
MODULE_PARM_DESC(by_dflres, "only who calls it from dflres");

static bool in_worker;
module_param(in_worker, bool, 0444);
MODULE_PARM_DESC(in_worker, "only a work item");

static int error;
module_param(error, int, 0444);
MODULE_PARM_DESC(error, "nobody is held: the function, which is not run, returns this");

static bool hold = true;
module_param(hold, bool, 0644);
MODULE_PARM_DESC(hold, "taken back: whoever is held goes on");

static bool holding;
module_param(holding, bool, 0444);
MODULE_PARM_DESC(holding, "somebody is held");

/*
 * The kernel frees what it has needed to load a module when that is loaded, by a
 * work item, for which all processors must answer.
 */
static int get_loaded(char *buffer, const struct kernel_param *unused)
{
	struct kprobe found = { .symbol_name = "flush_module_init_free_work" };
	int err;

	err = register_kprobe(&found);
	if (err)
		return err;
	unregister_kprobe(&found);
	((void (*)(void))found.addr)();
	return sysfs_emit(buffer, "Y\n");
}

static const struct kernel_param_ops loaded_ops = { .get = get_loaded };
module_param_cb(loaded, &loaded_ops, NULL, 0444);
MODULE_PARM_DESC(loaded, "who reads it waits until processors may be held");

static atomic_t hits = ATOMIC_INIT(0);

typedef long function(long a, long b, long c, long d, long e, long f);

static struct kprobe probe;

static unsigned long caller_of(struct pt_regs *regs)
{
#ifdef CONFIG_ARM64
	return regs->regs[30];
#else
	return *(unsigned long *)regs->sp;
#endif
}

/* The name of a module's function ends with the module's */
static bool is_from_dflres(struct pt_regs *regs)
{
	char name[KSYM_SYMBOL_LEN];

	snprintf(name, sizeof(name), "%pS", (void *)caller_of(regs));
	return strstr(name, "[dflres");
}

static long sleep_and_call(long a, long b, long c, long d, long e, long f)
{
	int ms;

	WRITE_ONCE(holding, true);
	for (ms = 0; READ_ONCE(hold) && ms < SLEEP_LIMIT_MS; ms += 20)
		msleep(20);
	WRITE_ONCE(holding, false);
	return ((function *)probe.addr)(a, b, c, d, e, f);
}

static long fail(void)
{
	return error;
}

static int hit(struct kprobe *unused, struct pt_regs *regs)
{
	int ms;

	if (by_dflres && !is_from_dflres(regs))
		return 0;
	if (in_worker && !(current->flags & PF_WQ_WORKER))
		return 0;
	if (atomic_inc_return(&hits) > 1)
		return 0;
	if (error) {
		instruction_pointer_set(regs, (unsigned long)fail);
		return 1;
	}
	if (!offset && !in_hardirq()) {
		instruction_pointer_set(regs, (unsigned long)sleep_and_call);
		return 1;
	}
	WRITE_ONCE(holding, true);
	for (ms = 0; READ_ONCE(hold) && ms < BUSY_LIMIT_MS; ms++)
		mdelay(1);
	WRITE_ONCE(holding, false);
	return 0;
}

/* The name in AT comes after that of its module, if it has one */
static bool is_in_function(void)
{
	const char *colon = strchr(at, ':'), *function = colon ? colon + 1 : at;
	char name[KSYM_SYMBOL_LEN];
	size_t length;

	snprintf(name, sizeof(name), "%pS", probe.addr);
	length = str_has_prefix(name, function);
	return length && name[length] == '+';
}

static int __init hold_init(void)
{
	int err;

	probe.symbol_name = at;
	probe.offset = offset;
	probe.pre_handler = hit;
	err = register_kprobe(&probe);
	if (err || is_in_function())
		return err;
	unregister_kprobe(&probe);
	return -ERANGE;
}
module_init(hold_init);

static void __exit hold_exit(void)
{
	unregister_kprobe(&probe);
}
module_exit(hold_exit);

MODULE_DESCRIPTION("Holds who calls a function");
MODULE_LICENSE("GPL");
