namespace AgentWarden.AzureTests;

/// <summary>Every event function has its queue, its subscription, and the rights that go with them; nothing else has.</summary>
public sealed class FunctionQueueTests
{
    private const string Base = "agent-warden-events";
    private const string Queues = "Microsoft.Storage/storageAccounts/queueServices/queues";
    private const string Subscriptions = "Microsoft.EventGrid/topics/eventSubscriptions";

    private static readonly DeclaredFunctions Functions = DeclaredFunctions.Read();

    [Fact]
    public async Task Every_function_has_a_queue_and_a_poison_queue()
    {
        var deployment = await Deployment.ExampleAsync();
        var expected = Functions.Event.SelectMany(f => new[] { Queue(f), $"{Queue(f)}-poison" });
        Assert.Equal(expected.Order(StringComparer.Ordinal), deployment.Of(Queues).Select(q => q.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_function_has_a_subscription_that_fills_its_queue_with_its_own_events()
    {
        var deployment = await Deployment.ExampleAsync();
        var account = deployment.One("Microsoft.Storage/storageAccounts").Id;
        Assert.Equal(Functions.Event.Count, deployment.Of(Subscriptions).Count);
        foreach (var function in Functions.Event)
        {
            var subscription = Assert.Single(deployment.Of(Subscriptions), s => s.Name == function.ToLowerInvariant());
            Assert.Equal("CloudEventSchemaV1_0", subscription.Text("eventDeliverySchema"));
            var filter = Assert.Single(subscription.At("filter", "advancedFilters").EnumerateArray());
            Assert.Equal("StringIn", filter.GetProperty("operatorType").GetString());
            Assert.Equal("function", filter.GetProperty("key").GetString());
            Assert.Equal(function, Assert.Single(filter.GetProperty("values").EnumerateArray()).GetString());
            var destination = subscription.At("deliveryWithResourceIdentity", "destination");
            Assert.Equal("StorageQueue", destination.GetProperty("endpointType").GetString());
            var queue = destination.GetProperty("properties");
            Assert.Equal(Queue(function), queue.GetProperty("queueName").GetString());
            Assert.Equal(account, queue.GetProperty("resourceId").GetString());
            Assert.Equal(-1, queue.GetProperty("queueMessageTimeToLiveInSeconds").GetInt32());
        }
    }

    [Fact]
    public async Task What_cannot_be_delivered_is_kept()
    {
        var deployment = await Deployment.ExampleAsync();
        var containers = deployment.Of("Microsoft.Storage/storageAccounts/blobServices/containers").Select(c => c.Name).ToArray();
        var destinations = deployment.Of(Subscriptions)
            .Select(s => s.At("deadLetterWithResourceIdentity", "deadLetterDestination", "properties"));
        Assert.All(destinations, d => Assert.Contains(d.GetProperty("blobContainerName").GetString(), containers));
    }

    [Fact]
    public async Task Every_queue_is_filled_by_the_topic_and_read_by_the_functions()
    {
        var grants = Grant.Of(await Deployment.ExampleAsync());
        foreach (var function in Functions.Event)
        {
            Assert.Equal(
                [(Roles.QueueContributor, "functionsPrincipalId"), (Roles.QueueSender, Grant.Topic)],
                On(Queue(function)));
            // The host gives up by writing there; nobody reads it for the function.
            Assert.Equal([(Roles.QueueSender, "functionsPrincipalId")], On($"{Queue(function)}-poison"));
        }

        IEnumerable<(string Role, string Principal)> On(string queue) =>
            grants.Where(g => g.Scope.EndsWith($"/queues/{queue}", StringComparison.Ordinal)).Select(g => (g.Role, g.Principal)).Order();
    }

    [Fact]
    public void The_longest_queue_that_can_be_named_still_has_a_poison_queue()
    {
        var main = File.ReadAllText(Path.Combine(BicepProgram.Source, "main.bicep"));
        var limit = int.Parse(main.Split("param queueName")[0].Split("@maxLength(")[^1].Split(')')[0]);
        var longest = Functions.Event.Max(f => f.Length);
        Assert.True(limit + 1 + longest + "-poison".Length <= 63,
            $"A function's name has {longest} characters: lower @maxLength of queueName in main.bicep to {63 - 8 - longest}.");
    }

    private static string Queue(string function) => $"{Base}-{function.ToLowerInvariant()}";
}
