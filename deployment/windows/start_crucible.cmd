@echo off
rem Starts what is not already running, waits until it is healthy, exits 0. The task \Crucible\Start calls this.
"%~dp0run_cli.cmd" start
