@echo off
rem Stops the platform cleanly. IB Gateway goes on: it belongs to the task \Crucible\Gateway.
"%~dp0run_cli.cmd" stop
