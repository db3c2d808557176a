using Sparrow.Server.Commands;

return await CommandLineProgram.RunAsync(args);
