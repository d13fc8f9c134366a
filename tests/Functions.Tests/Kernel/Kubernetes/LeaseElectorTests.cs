using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Tests.Kernel.Kubernetes;

public sealed class LeaseElectorTests
{
    private const string Free = """
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease",
         "metadata":{"name":"lead","namespace":"a","uid":"u","resourceVersion":"7","labels":{"l":"x"},"annotations":{"n":"y"},
          "creationTimestamp":"2026-01-01T00:00:00Z","ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"o"}],
          "managedFields":[{"manager":"m","operation":"Update","apiVersion":"coordination.k8s.io/v1","time":"2026-01-01T00:00:00Z",
           "fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:holderIdentity":{}}}}]},
         "spec":{"holderIdentity":"","leaseDurationSeconds":1,"leaseTransitions":4,"renewTime":"2026-01-01T00:00:00.000000Z",
          "preferredHolder":"someone","strategy":"OldestEmulationVersion"}}
        """;

    [Fact]
    public async Task A_lease_that_another_left_is_taken_and_all_that_it_has_is_kept()
    {
        JsonObject? put = null;
        await using var server = await FakeApiServer.StartAsync(async c =>
        {
            if (HttpMethods.IsPut(c.Request.Method))
            {
                put ??= (await JsonNode.ParseAsync(c.Request.Body))!.AsObject();
            }

            await c.JsonAsync(Free);
        });
        using var client = server.Client();
        // A clock that stands at a whole second: the server takes no MicroTime without a fraction.
        var elector = new LeaseElector(
            client, client, new LeaseOptions { Namespace = "a", Name = "lead", Identity = "me" }, NullLogger.Instance, new ManualTime());

        await elector.RunAsync(static _ => Task.CompletedTask, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

        var (metadata, spec) = (put!["metadata"]!, put["spec"]!);
        Assert.Equal(("x", "y", "o", "7"), ((string?)metadata["labels"]!["l"], (string?)metadata["annotations"]!["n"],
            (string?)metadata["ownerReferences"]![0]!["uid"], (string?)metadata["resourceVersion"]));
        Assert.Equal(("me", 5, "someone", "OldestEmulationVersion"), ((string?)spec["holderIdentity"], (int?)spec["leaseTransitions"],
            (string?)spec["preferredHolder"], (string?)spec["strategy"]));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", (string?)spec["renewTime"]);
        Assert.Null(metadata["managedFields"]);
    }
}
