using System.Reflection;
using AgentWarden.FunctionsHost.App;
using AgentWarden.Kernel.Contracts;
using Microsoft.Azure.Functions.Worker;

namespace AgentWarden.FunctionsHostTests;

/// <summary>What a Functions host learns of our functions from the published worker.</summary>
public sealed class IndexingTests
{
    [Fact]
    public async Task Every_function_of_the_sources_is_listed_with_its_trigger()
    {
        await using var app = await OurApp.StartAsync();
        Assert.Equal(
            [
                "CredentialInjection anonymous POST admission/pods/credentials",
                "CredentialPropagation anonymous POST events/credentialpropagation",
                "CredentialPropagationQueue events-credentialpropagation of AzureWebJobsStorage",
                "EventIntake anonymous POST,OPTIONS events",
                "ProviderReconciliation anonymous POST events/providerreconciliation",
                "ProviderReconciliationQueue events-providerreconciliation of AzureWebJobsStorage",
                "ResourceValidation anonymous POST admission/validate",
                "SecretProvisioning anonymous POST events/secretprovisioning",
                "SecretProvisioningQueue events-secretprovisioning of AzureWebJobsStorage",
                "SecretRotation anonymous POST events/secretrotation",
                "SecretRotationQueue events-secretrotation of AzureWebJobsStorage",
                "SecretRotationTimer 0 */5 * * * *",
            ],
            app.Host.Functions.Select(Described));
        Assert.All(app.Host.Functions, f => Assert.True(f.Runs, f.Error));
        Assert.Equal(Declared(), app.Host.Functions.Select(f => f.Name));
    }

    [Fact]
    public async Task No_request_has_two_functions_to_go_to()
    {
        await using var app = await OurApp.StartAsync();
        foreach (var function in app.Host.Functions.Where(f => f.Type == HostedFunction.Http))
        {
            Assert.DoesNotContain('{', function.Route);
            Assert.All(function.Methods, m => Assert.Equal([function.Name], app.Host.Routes.AllThatMatch(m, $"/{function.Route}")));
        }
    }

    [Fact]
    public async Task A_function_that_is_switched_off_has_no_trigger_and_the_others_have_theirs()
    {
        await using var app = await OurApp.StartAsync(
            ("AzureWebJobs.SecretRotation.Disabled", "true"), ("AzureWebJobs_SecretRotationTimer_Disabled", "1"));
        Assert.Equal(["SecretRotation", "SecretRotationTimer"], app.Host.Functions.Where(f => !f.Runs).Select(f => f.Name));
        Assert.Equal(404, (await app.Caller.CallAsync("POST", "/events/secretrotation", "{}")).Status);
        await Assert.ThrowsAsync<InvalidOperationException>(() => app.Host.FireTimerAsync("SecretRotationTimer"));
        Assert.Equal(401, (await app.Caller.CallAsync("POST", "/events/secretprovisioning", "{}")).Status);
    }

    [Fact]
    public async Task A_host_that_runs_one_function_only_loads_no_other()
    {
        await using var app = await OurApp.StartAsync(("AzureFunctionsJobHost__functions__0", "SecretProvisioning"));
        Assert.Equal(["SecretProvisioning"], app.Host.Functions.Select(f => f.Name));
    }

    private static string Described(HostedFunction function) => function.Type switch
    {
        HostedFunction.Http => $"{function.Name} {function.AuthLevel} {string.Join(',', function.Methods)} {function.Route}",
        HostedFunction.Queue => $"{function.Name} {function.QueueName} of {function.Connection}",
        _ => $"{function.Name} {function.Schedule}",
    };

    private static IEnumerable<string> Declared() => typeof(IFunctionEntry).Assembly.GetTypes()
        .SelectMany(t => t.GetMethods()).Select(m => m.GetCustomAttribute<FunctionAttribute>()?.Name).OfType<string>()
        .Order(StringComparer.OrdinalIgnoreCase);
}
