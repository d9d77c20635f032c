/*
 * Preloaded into User-mode Linux on hosts whose CPU has AMX.
 *
 * Such a host has an FPU state of about 11 kB and its kernel accepts PTRACE_SETREGSET for the whole of it only
 * (arch/x86/kernel/fpu/regset.c: a short buffer is EFAULT). Linux 6.1 built as UML knows 2,696 bytes (AVX-512 and PKRU)
 * and dies at its first process: "fatal_sigsegv ... put_fp_registers". Here a short write becomes: read the whole state,
 * replace its beginning, write the whole back. What UML does not know stays as it is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NT_X86_XSTATE 0x202

static long host(long request, long pid, void *address, void *data) {
  return syscall(SYS_ptrace, request, pid, address, data);
}

long ptrace(enum __ptrace_request request, ...) {
  va_list arguments;
  va_start(arguments, request);
  long pid = va_arg(arguments, pid_t);
  void *address = va_arg(arguments, void *);
  void *data = va_arg(arguments, void *);
  va_end(arguments);

  if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
    long word = 0;
    return host(request, pid, address, &word) < 0 ? -1 : (errno = 0, word); /* as the C library does */
  }
  long result = host(request, pid, address, data);
  if (result == 0 || request != PTRACE_SETREGSET || (long)address != NT_X86_XSTATE || errno != EFAULT) return result;

  static char state[65536] __attribute__((aligned(64)));
  struct iovec *part = data, whole = {state, sizeof state};
  if (host(PTRACE_GETREGSET, pid, address, &whole) < 0) return -1;
  memcpy(state, part->iov_base, part->iov_len < whole.iov_len ? part->iov_len : whole.iov_len);
  return host(PTRACE_SETREGSET, pid, address, &whole);
}
