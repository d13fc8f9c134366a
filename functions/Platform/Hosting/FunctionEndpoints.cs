using AgentWarden.Kernel.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AgentWarden.Platform.Hosting;

/// <summary>The HTTP functions on ASP.NET Core's routes, where no Functions host stands in front.</summary>
internal static class FunctionEndpoints
{
    /// <param name="endpoints">Where to.</param>
    /// <param name="declared">As the attributes say.</param>
    /// <param name="functions">The function classes, by their full names.</param>
    public static void Map(
        IEndpointRouteBuilder endpoints, IEnumerable<FunctionDeclaration> declared, IReadOnlyDictionary<string, IHttpFunction> functions)
    {
        foreach (var declaration in declared.Where(d => !d.Disabled))
        {
            if (declaration.Trigger is HttpTrigger trigger)
            {
                Map(endpoints, trigger, functions[declaration.Class]);
            }
        }
    }

    /// <summary>An answer that is no function: the bridge's reports and figures.</summary>
    public static void Map(IEndpointRouteBuilder endpoints, string route, string[] methods, HttpCalls calls, HttpHandler handler) =>
        endpoints.MapMethods($"/{route}", methods, (RequestDelegate)(async context =>
        {
            var result = await calls.AnswerAsync(context.Request, handler, context.RequestAborted);
            await result.ExecuteAsync(context);
        }));

    private static void Map(IEndpointRouteBuilder endpoints, HttpTrigger trigger, IHttpFunction function)
    {
        // As a RequestDelegate: the other overload looks at the method by reflection, at each start.
        RequestDelegate run = async context =>
        {
            var result = await function.RunAsync(context.Request, context.RequestAborted);
            await result.ExecuteAsync(context);
        };
        if (trigger.Methods.Count == 0)
        {
            endpoints.Map($"/{trigger.Route}", run);
        }
        else
        {
            endpoints.MapMethods($"/{trigger.Route}", trigger.Methods, run);
        }
    }
}
