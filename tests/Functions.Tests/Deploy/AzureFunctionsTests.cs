using AgentWarden.Platform.Hosting;

namespace AgentWarden.Tests.Deploy;

/// <summary>infra/Azure makes a queue and a subscription for each function in its functions.json: each that the program has.</summary>
public sealed class AzureFunctionsTests
{
    private static readonly string File = Path.Combine(DeployFiles.RepositoryRoot, "infra", "Azure", "functions.json");

    private static IReadOnlyList<FunctionDeclaration> Declared => FunctionCatalog.Load(_ => null).Functions;

    /// <summary>Those that a queue feeds, by the name that an event's attribute <c>function</c> has.</summary>
    private static IEnumerable<string> Events => Declared.Where(f => f.Trigger is QueueTrigger).Select(f => f.Handler);

    private static IEnumerable<string> Admission => Declared
        .Where(f => f.Trigger is HttpTrigger http && http.Route.StartsWith("admission/", StringComparison.Ordinal))
        .Select(f => f.Name);

    [Fact]
    public async Task The_file_lists_the_functions_of_the_program()
    {
        var declared = $$"""
            {
              "event": [
            {{Lines(Events)}}
              ],
              "admission": [
            {{Lines(Admission)}}
              ]
            }

            """;
        if (Environment.GetEnvironmentVariable("REFRESH_GOLDEN") == "1")
        {
            await System.IO.File.WriteAllTextAsync(File, declared);
        }

        var listed = await System.IO.File.ReadAllTextAsync(File);
        Assert.True(
            string.Equals(listed, declared, StringComparison.Ordinal),
            "A function was added, renamed or removed: in Azure it would have no queue, or a queue that nobody reads. "
                + "Write infra/Azure/functions.json anew: REFRESH_GOLDEN=1 dotnet test tests/Functions.Tests --filter AzureFunctions. "
                + $"It would be:\n{declared}");
    }

    [Fact]
    public void Each_reads_the_queue_that_the_template_makes_for_it()
    {
        Assert.NotEmpty(Events);
        foreach (var function in Declared.Where(f => f.Trigger is QueueTrigger))
        {
            var expected = new QueueTrigger($"%AGENTWARDEN_QUEUE_NAME%-{function.Handler.ToLowerInvariant()}", "AzureWebJobsStorage");
            Assert.Equal(expected, function.Trigger);
            // By this name an instance is kept ready, and the README says so.
            Assert.Equal($"{function.Handler}Queue", function.Name);
        }
    }

    private static string Lines(IEnumerable<string> names) =>
        string.Join(",\n", names.Order(StringComparer.Ordinal).Select(n => $"    \"{n}\""));
}
