// Logs, traces and metrics of the function app, and a limit to what they may cost.

import { roles } from 'roles.bicep'

param name string
param location string
param tags object

@description('Gigabytes a day, a number in text because Bicep has no fractions. What comes after it is dropped until the next day.')
param dailyCapGb string

@description('The identity of the function app.')
param functionsPrincipalId string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 30
    workspaceCapping: {
      dailyQuotaGb: json(dailyCapGb)
    }
    features: {
      disableLocalAuth: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // With it the connection string is an address and no credential.
    DisableLocalAuth: true
  }
}

resource write 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, functionsPrincipalId, roles.monitoringMetricsPublisher)
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.monitoringMetricsPublisher
    )
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
  }
}

output insightsName string = insights.name
