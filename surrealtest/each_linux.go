package surrealtest

import (
	"os/exec"
	"syscall"
)

// Linux ends the tests' process where the one that started it is killed.

// endWithParent is for a process that is started on the main thread, as in an init
// function: the signal comes when the thread ends that started it.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
